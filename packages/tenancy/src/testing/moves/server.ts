import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { withConnection } from '#tenancy/base/connect'
import { startPostgres } from '../../../../../scripts/postgres.ts'

/** A PostgreSQL server that a test can kill. Linux only: finds the postmaster through /proc. */
export class MortalServer {
  adminUrl = ''
  #leases: (() => Promise<void>)[] = []
  readonly name: string
  constructor(name: string) {
    this.name = name
  }

  async start(): Promise<void> {
    const { adminUrl, stop } = await startPostgres({ name: this.name, durable: true })
    this.adminUrl = adminUrl
    this.#leases.push(stop)
  }

  /** Kills the server (SIGQUIT is an immediate shutdown), and starts it again after `forMs`. */
  async die(forMs = 300, signal: 'SIGKILL' | 'SIGQUIT' = 'SIGKILL'): Promise<void> {
    process.kill(await this.postmaster(), signal)
    await sleep(forMs)
    await this.start()
  }

  async postmaster(): Promise<number> {
    return withConnection(this.adminUrl, async (client) => {
      const {
        rows: [backend],
      } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      return Number(
        readFileSync(`/proc/${backend?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1],
      )
    })
  }

  async stop(): Promise<void> {
    for (const stop of this.#leases.splice(0)) await stop()
  }
}

/** A TCP proxy to a server that can drop all data without closing connections. */
export class Wire {
  #cut = false
  readonly #sockets = new Set<net.Socket>()
  readonly #server: net.Server
  constructor(to: string) {
    const { hostname, port } = new URL(to)
    this.#server = net.createServer((near) => {
      const far = net.connect(Number(port), hostname)
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket))
        if (this.#cut) socket.pause()
      }
      near.pipe(far).on('close', () => near.destroy())
      far.pipe(near).on('close', () => far.destroy())
      if (this.#cut) this.#silence()
    })
  }

  async open(to: string): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const url = new URL(to)
    url.port = String((this.#server.address() as net.AddressInfo).port)
    return url.toString()
  }

  /** Drops all data of open and new connections. */
  cut(): void {
    this.#cut = true
    this.#silence()
  }

  /** Restores the network: closes open connections, and forwards new ones. */
  mend(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Drops the data of open connections, and forwards new ones. */
  lose(): void {
    this.#silence()
  }

  async close(): Promise<void> {
    this.mend()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #silence(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }
}

import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { withConnection } from '#tenancy/base/connect'
import { startPostgres } from '../../../../../scripts/postgres.ts'

/**
 * A PostgreSQL that a test may kill. Linux only: the postmaster is found as the parent of a
 * backend.
 */
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

  /** kill -9 (or SIGQUIT, an immediate shutdown), and back again after a while. */
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

/** A wire to a server that can be cut: what is sent then goes nowhere, and nobody is told. */
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

  cut(): void {
    this.#cut = true
    this.#silence()
  }

  /** Works again for whoever connects anew; what was open is gone. */
  mend(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.destroy()
  }

  /** What is open now is lost without a word; whoever connects anew gets through. */
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

import { createServer } from 'node:net'

// Ports from 32768 on are handed out to outgoing connections and may be taken at any moment.
const lastPort = 32_767
// All four, because on some systems a loopback address is free although another program listens on
// the wildcard address.
const addresses = ['127.0.0.1', '::1', '0.0.0.0', '::']

/** The first port from `from` on that is free on every local address. */
export async function freePort(from: number): Promise<number> {
  for (let port = from; port <= Math.max(from, lastPort); port++) {
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${from} on is free; end a program that listens on one`)
}

export async function isFree(port: number): Promise<boolean> {
  for (const address of addresses) {
    if (!(await canListen(port, address))) return false
  }
  return true
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else if (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL') resolve(true)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

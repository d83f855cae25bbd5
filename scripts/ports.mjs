import { createServer } from 'node:net'

// 32768 and up belongs to outgoing connections: a port there can vanish at any moment.
const lastPort = 32_767
// A wildcard listener of another program hides behind a free loopback address on some systems, so
// all four are tried.
const addresses = ['127.0.0.1', '::1', '0.0.0.0', '::']

export async function freePort(from) {
  for (let port = from; port <= Math.max(from, lastPort); port++) {
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${from} on; end a program that listens there`)
}

async function isFree(port) {
  for (const address of addresses) {
    if (!(await canListen(port, address))) return false
  }
  return true
}

function canListen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else if (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL') resolve(true)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

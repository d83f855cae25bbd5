import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { failureOf, installWithApt } from '../programs.ts'
import { root } from '../root.mjs'

const find = (): string | undefined =>
  ['nginx', '/usr/sbin/nginx'].find((path) => spawnSync(path, ['-v']).status === 0)

/**
 * Starts nginx with `deploy/nginx.conf`, changed only where that file tells its reader to change it.
 * @returns a function that stops it
 */
export async function startNginx({
  httpPort,
  httpsPort,
  appPort,
}: {
  httpPort: number
  httpsPort: number
  appPort: number
}): Promise<() => Promise<void>> {
  const failed = find() === undefined ? installWithApt('nginx-light', 'openssl') : undefined
  const program = find()
  if (program === undefined) throw new Error(`nginx is not installed: ${failed}`)
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-nginx-'))
  const [certificate, key] = [join(folder, 'localhost.crt'), join(folder, 'localhost.key')]
  createCertificate(certificate, key)
  for (const name of ['body', 'proxy']) mkdirSync(join(folder, name))
  const site = replaceAll(readFileSync(join(root, 'deploy/nginx.conf'), 'utf8'), {
    'app.example.com;': 'localhost;',
    'listen 80;': `listen 127.0.0.1:${httpPort};`,
    'listen 443 ssl http2;': `listen 127.0.0.1:${httpsPort} ssl http2;`,
    'https://$host$request_uri': `https://$host:${httpsPort}$request_uri`,
    'server 127.0.0.1:3000;': `server 127.0.0.1:${appPort};`,
    '/etc/nginx/tls/app.example.com.crt': certificate,
    '/etc/nginx/tls/app.example.com.key': key,
  })
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
${site}
}
`,
  )
  const nginx = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(nginx, 'exit')
  for (let tries = 0; !(await accepts(httpsPort)); tries++) {
    if (tries > 50 || nginx.exitCode !== null) throw new Error('nginx did not start; see above')
    await sleep(100)
  }
  return async () => {
    nginx.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true })
  }
}

/** @throws Error if a text does not occur: the file and this test would have diverged. */
function replaceAll(text: string, replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((result, [from, to]) => {
    if (!text.includes(from)) throw new Error(`deploy/nginx.conf does not contain ${from}`)
    return result.replaceAll(from, () => to)
  }, text)
}

function createCertificate(certificate: string, key: string): void {
  const failed = failureOf(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${certificate}`.split(
      ' ',
    ),
    { timeout: 30_000 },
  )
  if (failed !== undefined) throw new Error(`openssl could not create a certificate: ${failed}`)
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

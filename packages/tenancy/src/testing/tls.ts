import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { withConnection } from '#tenancy/base/connect'

/**
 * Makes the CA of a private network, and a certificate for 127.0.0.1 that it has issued.
 * @param openssl - The program.
 * @returns The file of the CA, and certificate and key as PEM.
 */
export function makeCertificate(openssl: string): { caFile: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-tls-'))
  const file = (name: string) => join(folder, name)
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync(openssl, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`)
  }
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-subj']
  run('req', '-x509', ...newKey, '/CN=Test CA', '-keyout', file('ca.key'), '-out', file('ca.pem'))
  run('req', ...newKey, '/CN=server', '-keyout', file('server.key'), '-out', file('server.csr'))
  writeFileSync(file('names'), 'subjectAltName = IP:127.0.0.1\n')
  const issuer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
  const request = ['-in', file('server.csr'), '-extfile', file('names')]
  run('x509', '-req', ...request, ...issuer, '-out', file('server.pem'))
  const read = (name: string) => readFileSync(file(name), 'utf8')
  return { caFile: file('ca.pem'), cert: read('server.pem'), key: read('server.key') }
}

/**
 * Makes a running server accept connections over TLS only.
 * @param adminUrl - The URL of a superuser. The server writes the files itself, as its own account.
 * @param certificate - Certificate and key as PEM.
 */
export async function requireTls(
  adminUrl: string,
  { cert, key }: { cert: string; key: string },
): Promise<void> {
  await withConnection(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ data_directory: string }>('show data_directory')
    const folder = rows[0]?.data_directory ?? ''
    const write = (name: string, text: string) =>
      admin.query(
        `copy (select regexp_split_to_table(${pg.escapeLiteral(text.trim())}, '\n')) to program ${pg.escapeLiteral(`umask 077; cat > '${folder}/${name}'`)}`,
      )
    await write('server.crt', cert)
    await write('server.key', key)
    await write('pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256')
    await admin.query('alter system set ssl = on')
    await admin.query('select pg_reload_conf()')
  })
}

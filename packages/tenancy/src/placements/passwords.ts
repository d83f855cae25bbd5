import type { TLSSocket } from 'node:tls'
import type pg from 'pg'
import { scramVerifier } from '#tenancy/base/encryption'
import { ConfigurationError } from '#tenancy/base/errors'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * Returns what to send to a server as the new password of a role: a SCRAM verifier, so that the password
 * appears in no statement and no log, or the password itself for a provider that refuses verifiers.
 * @param tenancy - The instance; `config.passwords` decides.
 * @param client - The connection that will send it.
 * @param password - The password.
 * @returns The verifier or the password.
 * @throws ConfigurationError if the password would cross a network without TLS.
 */
export function passwordToSend(
  { config }: Tenancy,
  client: pg.ClientBase,
  password: string,
): string {
  if (config.passwords !== 'plaintext') return scramVerifier(password)
  const { connection, host, port } = client as pg.Client
  if (!isPrivate(connection.stream as TLSSocket))
    throw new ConfigurationError([
      `passwords are sent in plaintext (DATABASE_PASSWORDS), but the connection to ${host}:${port} is not encrypted; add sslmode=verify-full to its URL`,
    ])
  return password
}

/** A Unix socket has no remote address. */
const isPrivate = ({ encrypted, remoteAddress = '127.0.0.1' }: Partial<TLSSocket>) =>
  encrypted === true || /^(127\.|::1$|::ffff:127\.)/.test(remoteAddress)

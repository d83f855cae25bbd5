import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto'
import { type Tenancy } from '#tenancy/base/tenancy'

// without it, decryption also accepts a tag truncated to four bytes, which can be guessed
const cipherOptions = { authTagLength: 16 }

const keyId = (key: Buffer) => createHash('sha256').update(key).digest('hex').slice(0, 8)

function keys({ config }: Tenancy): Buffer[] {
  return [config.encryptionKey, config.previousEncryptionKey].flatMap((key) =>
    key ? [Buffer.from(key, 'base64')] : [],
  )
}

/**
 * Encrypts a text for storage, with AES-256-GCM and a random 96-bit nonce.
 * @param tenancy - The instance; the current key of its configuration is used.
 * @param text - The text.
 * @param context - Names the row. It is authenticated with the text, so that a value copied to
 *   another row cannot be decrypted there.
 * @returns `v1.<key id>.<nonce>.<tag>.<text>` in base64url.
 */
export function encrypt(tenancy: Tenancy, text: string, context: string): string {
  const [key] = keys(tenancy)
  if (!key) throw new Error('no encryption key')
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, cipherOptions).setAAD(
    Buffer.from(context),
  )
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return [
    'v1',
    keyId(key),
    ...[nonce, cipher.getAuthTag(), body].map((part) => part.toString('base64url')),
  ].join('.')
}

/**
 * Decrypts a text that `encrypt` returned, with the current or the previous key.
 * @param tenancy - The instance.
 * @param encrypted - The encrypted text.
 * @param context - The context with which it was encrypted.
 * @returns The text.
 * @throws When the key, the context or the text does not match.
 */
export function decrypt(tenancy: Tenancy, encrypted: string, context: string): string {
  const [version, id, nonce, tag, body] = encrypted.split('.')
  if (version !== 'v1' || !id || !nonce || !tag || body === undefined)
    throw new Error(`a secret of ${context} is not in format v1`)
  const key = keys(tenancy).find((candidate) => keyId(candidate) === id)
  if (!key)
    throw new Error(
      `a secret of ${context} was encrypted with key ${id}, which is neither ENCRYPTION_KEY nor ENCRYPTION_KEY_PREVIOUS`,
    )
  const decipher = createDecipheriv(
    'aes-256-gcm',
    key,
    Buffer.from(nonce, 'base64url'),
    cipherOptions,
  ).setAAD(Buffer.from(context))
  decipher.setAuthTag(Buffer.from(tag, 'base64url'))
  return Buffer.concat([
    decipher.update(Buffer.from(body, 'base64url')),
    decipher.final(),
  ]).toString('utf8')
}

/**
 * Tells whether a text has to be encrypted again.
 * @param tenancy - The instance.
 * @param encrypted - The encrypted text.
 * @returns True when it was not encrypted with the current key.
 */
export function needsRotation(tenancy: Tenancy, encrypted: string): boolean {
  const [key] = keys(tenancy)
  return key !== undefined && encrypted.split('.')[1] !== keyId(key)
}

/**
 * Creates a random secret.
 * @returns 256 bits in base64url.
 */
export const newSecret = () => randomBytes(32).toString('base64url')

/**
 * Hashes a secret. The database stores only the hash.
 * @param secret - The secret.
 * @returns Its SHA-256.
 */
export const secretHash = (secret: string) => createHash('sha256').update(secret).digest()

/**
 * Computes the SCRAM-SHA-256 verifier (RFC 5802) of a password. `create role` takes it instead of the
 * password, which therefore appears in no statement.
 * @param password - The password.
 * @returns The verifier as PostgreSQL stores it.
 */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

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
 * Encrypts a text at rest: AES-256-GCM, a fresh 96-bit nonce, `context` as authenticated data, so
 * that a value copied to another row cannot be decrypted there.
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
 * Decrypts what `encrypt` returned, with the current or the previous key.
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

/** @returns Whether a text was encrypted with an older key than the current one. */
export function needsRotation(tenancy: Tenancy, encrypted: string): boolean {
  const [key] = keys(tenancy)
  return key !== undefined && encrypted.split('.')[1] !== keyId(key)
}

/** A random secret of 256 bits in base64url. */
export const newSecret = () => randomBytes(32).toString('base64url')

/** SHA-256 of a secret. The database stores only this. */
export const secretHash = (secret: string) => createHash('sha256').update(secret).digest()

/**
 * The SCRAM-SHA-256 verifier (RFC 5802) of a password. Roles are given this, so that no statement
 * contains the password.
 */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

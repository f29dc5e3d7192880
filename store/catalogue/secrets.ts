import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Two kinds of secret. Those that the city makes (device passwords, keys, session tokens) have 256 random bits, so no
 * dictionary and no amount of guessing finds one from its hash: a plain SHA-256 is enough, and cheap enough for every
 * connection and request. Passwords that people choose are guessable, so they are stretched with argon2id.
 */

/** 256 random bits as base64url, 43 characters. */
export const makeSecret = (): string => randomBytes(32).toString('base64url')

/** What is kept of a secret that the city made. */
export const hashSecret = (secret: string): Uint8Array => createHash('sha256').update(secret).digest()

/** Constant time. Compares with a hash of nothing when there is none, so that a wrong name takes as long. */
export const secretMatches = (secret: string, hash: Uint8Array | undefined): boolean => {
  const same = timingSafeEqual(hashSecret(secret), hash ?? NO_SECRET)
  return same && hash !== undefined
}

/** Kept where there is no secret: no secret is known that has this hash. */
export const NO_SECRET: Uint8Array = new Uint8Array(32)

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const TAG_BYTES = 32

/** A person's password in the PHC string format, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16)
  const tag = await stretch(password, salt, COST)
  const cost = `m=${COST.memory},t=${COST.passes},p=${COST.parallelism}`
  return `$argon2id$v=19$${cost}$${salt.toString('base64url')}$${tag.toString('base64url')}`
}

/** True when the password gives the kept hash. Takes as long when there is no hash: nobody learns which names exist. */
export const passwordMatches = async (password: string, kept: string | undefined): Promise<boolean> => {
  const match = PHC.exec(kept ?? '')
  if (!match) {
    await stretch(password, randomBytes(16), COST)
    return false
  }
  const [, memory = '', passes = '', parallelism = '', salt = '', hash = ''] = match
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const tag = await stretch(password, Buffer.from(salt, 'base64url'), cost)
  const expected = Buffer.from(hash, 'base64url')
  return tag.length === expected.length && timingSafeEqual(tag, expected)
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/

// NFC, so that the same accented letters typed on another keyboard are the same password.
const stretch = (password: string, nonce: Uint8Array, cost: typeof COST): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const message = Buffer.from(password.normalize('NFC'))
    argon2('argon2id', { message, nonce, tagLength: TAG_BYTES, ...cost }, (error, tag) => {
      if (error) reject(error)
      else resolve(tag)
    })
  })

import type { webcrypto } from 'node:crypto'
import { NadiError } from '../city/errors.ts'
import { KEY_ALGORITHM, makeKeys } from './certificates.ts'
import {
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  type PublicKey,
} from './x509.ts'

/** Certificate requests (PKCS #10, RFC 2986): how a device's key gets a certificate without ever being sent. */

/** A new private key, PKCS #8 in PEM. */
export const makeKey = async (): Promise<string> => keyPem((await makeKeys()).privateKey)

export const keyPem = async (key: CryptoKey): Promise<string> =>
  `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`

/** A request for `device`, signed by its P-256 key. Throws `invalid-input` for another kind of key. */
export const makeRequest = async (device: string, privateKeyPem: string): Promise<string> => {
  const keys = await keysOf(privateKeyPem)
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [device] }],
    keys,
    signingAlgorithm: KEY_ALGORITHM,
  })
  return request.toString('pem')
}

/**
 * The public key that a request asks a certificate for. Throws `invalid-input` when it is no request, its signature is
 * not by that key, the key is weak, or it names someone else than `device`.
 */
export const readRequest = async (pem: string, device: string): Promise<PublicKey> => {
  const request = parse(pem)
  if (!(await request.verify().catch(() => false))) {
    throw wrongRequest('its signature does not fit its key')
  }
  const [name, ...more] = request.subjectName.getField('CN')
  if (more.length > 0 || (name !== undefined && name !== device)) {
    throw wrongRequest(`it is for "${[name, ...more].join(', ')}", not for "${device}"`)
  }
  const { algorithm } = request.publicKey
  const isElliptic =
    'namedCurve' in algorithm && ['P-256', 'P-384', 'P-521'].includes(String(algorithm.namedCurve))
  const isLongRsa = 'modulusLength' in algorithm && Number(algorithm.modulusLength) >= 2048
  if (!isElliptic && !isLongRsa)
    throw wrongRequest('its key is neither P-256, P-384, P-521 nor RSA of 2048 bits')
  return request.publicKey
}

const parse = (pem: string): Pkcs10CertificateRequest => {
  try {
    return new Pkcs10CertificateRequest(pem)
  } catch (cause) {
    throw wrongRequest('it is no PKCS #10 request in PEM', cause)
  }
}

const wrongRequest = (why: string, cause?: unknown): NadiError =>
  new NadiError('invalid-input', `The certificate request cannot be signed: ${why}.`, {
    cause,
    problems: [{ pointer: '/request', detail: why }],
  })

/** Both halves of a private key in PEM. Throws `invalid-input` when it is no P-256 key. */
export const keysOf = async (privateKeyPem: string): Promise<webcrypto.CryptoKeyPair> => {
  try {
    const [der] = PemConverter.decode(privateKeyPem)
    if (!der) throw new Error('there is no PEM in it')
    const privateKey = await crypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, true, ['sign'])
    const { d: _private, key_ops: _operations, ...open } = await crypto.subtle.exportKey('jwk', privateKey)
    const publicKey = await crypto.subtle.importKey('jwk', open, KEY_ALGORITHM, true, ['verify'])
    return { privateKey, publicKey }
  } catch (cause) {
    throw new NadiError('invalid-input', 'The private key is no P-256 key in PEM (PKCS #8).', { cause })
  }
}

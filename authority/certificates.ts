import { randomBytes, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from './x509.ts'

/**
 * What the city's authority signs (RFC 5280): its own root, the server's certificate, those of devices, and the list of
 * revoked ones. ECDSA on P-256 throughout. No files and no clock here.
 */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Certificates begin a little in the past, for devices whose clock is behind. */
export const CLOCK_SKEW_MS = 3_600_000

/** Whoever signs: the root certificate and its private key. */
export interface Root {
  certificate: X509Certificate
  key: CryptoKey
}

export interface Validity {
  fromMs: number
  toMs: number
}

export const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])

/** The root of a city: signs only leaves. A part of its name is random, so that no two cities' are mistaken. */
export const signRoot = async (keys: webcrypto.CryptoKeyPair, validity: Validity): Promise<X509Certificate> =>
  X509CertificateGenerator.createSelfSigned({
    ...common(validity),
    name: [{ CN: [`Nadi city authority ${randomBytes(4).toString('hex')}`] }],
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })

/** A server's certificate for these host names and addresses. */
export const signServer = (
  root: Root,
  key: CryptoKey,
  names: readonly string[],
  validity: Validity,
): Promise<X509Certificate> =>
  signLeaf(root, key, names[0] ?? 'localhost', ExtendedKeyUsage.serverAuth, validity, [
    new SubjectAlternativeNameExtension(
      names.map((value) => ({ type: isIP(value) > 0 ? ('ip' as const) : ('dns' as const), value })),
    ),
  ])

/** A device's certificate: its common name is the device's id. */
export const signDevice = (
  root: Root,
  key: PublicKey,
  device: string,
  validity: Validity,
): Promise<X509Certificate> => signLeaf(root, key, device, ExtendedKeyUsage.clientAuth, validity, [])

/** The revoked serial numbers, in PEM as TLS servers read it. */
export const signRevocations = async (
  root: Root,
  revoked: readonly { serial: string; revokedMs: number }[],
  validity: Validity,
): Promise<string> => {
  const list = await X509CrlGenerator.create({
    issuer: root.certificate.subjectName.toJSON(),
    thisUpdate: new Date(validity.fromMs),
    nextUpdate: new Date(validity.toMs),
    entries: revoked.map(({ serial, revokedMs }) => ({
      serialNumber: serial,
      revocationDate: new Date(revokedMs),
    })),
    signingAlgorithm: KEY_ALGORITHM,
    signingKey: root.key,
  })
  // Its own PEM says "BEGIN CRL", which OpenSSL does not know.
  return PemConverter.encode(list.rawData, 'X509 CRL')
}

const signLeaf = async (
  { certificate, key }: Root,
  publicKey: PublicKey | CryptoKey,
  commonName: string,
  usage: ExtendedKeyUsage,
  validity: Validity,
  extensions: readonly Extension[],
): Promise<X509Certificate> =>
  X509CertificateGenerator.create({
    ...common(validity),
    subject: [{ CN: [commonName] }],
    issuer: certificate.subjectName.toJSON(),
    publicKey,
    signingKey: key,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(certificate.publicKey),
      ...extensions,
    ],
  })

const common = ({ fromMs, toMs }: Validity) => ({
  serialNumber: makeSerial(),
  notBefore: new Date(fromMs),
  notAfter: new Date(toMs),
  signingAlgorithm: KEY_ALGORITHM,
})

/** 127 random bits, the first one set: positive, and the same text however it is printed. */
const makeSerial = (): string => {
  const bytes = randomBytes(16)
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f)
  return bytes.toString('hex').toUpperCase()
}

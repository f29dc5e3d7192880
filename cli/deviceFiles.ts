import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { makeKey, makeRequest } from '../authority/request.ts'
import { NadiError } from '../city/errors.ts'
import { writeSecret } from '../launch/secrets.ts'

/** A device's files: its private key, its certificate, and the city's authority that it checks the city against. */
export interface DeviceFiles {
  key: string
  cert: string
  ca: string
}

const filesIn = (folder: string): DeviceFiles => ({
  key: path.join(folder, 'key.pem'),
  cert: path.join(folder, 'cert.pem'),
  ca: path.join(folder, 'ca.pem'),
})

/**
 * The serial number of the certificate of `device` that lies in `folder` already; undefined when none does. Throws
 * `conflict` when it is another device's, whose files would be lost.
 */
export const requireOwnFolder = (folder: string, device: string): string | undefined => {
  const { cert } = filesIn(folder)
  if (!existsSync(cert)) return undefined
  const held = readCertificate(cert)
  if (held.subject === `CN=${device}`) return held.serialNumber
  throw new NadiError(
    'conflict',
    `${cert} is the certificate of another (${held.subject}). Name a folder of its own for "${device}".`,
  )
}

const readCertificate = (file: string): X509Certificate => {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    throw new NadiError('conflict', `${file} is there and is no certificate. Name another folder.`, { cause })
  }
}

/**
 * A certificate request for `device`, signed by the key in `folder`, which is made when there is none. The key never
 * leaves this machine, and a renewal keeps it: then only one file changes beneath an agent that runs.
 */
export const requestWithKey = async (folder: string, device: string): Promise<string> => {
  const { key } = filesIn(folder)
  if (!existsSync(key)) writeSecret(key, await makeKey())
  return makeRequest(device, readFileSync(key, 'utf8'))
}

/** A request that was made elsewhere, in PEM. Throws `invalid-input` when it cannot be read. */
export const readRequestFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read. --csr names a PKCS #10 request in PEM.`, {
      cause,
    })
  }
}

/** Writes what the city issued. */
export const writeIssued = (
  folder: string,
  { certificate, authority }: { certificate: string; authority: string },
): DeviceFiles => {
  const files = filesIn(folder)
  writeSecret(files.ca, authority)
  writeSecret(files.cert, certificate)
  return files
}

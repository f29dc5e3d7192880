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

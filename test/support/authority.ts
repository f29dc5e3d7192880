import { pino } from 'pino'
import { openAuthority, type Authority, type AuthorityOptions } from '../../authority/openAuthority.ts'
import { makeKey, makeRequest } from '../../authority/request.ts'
import type { SecretFolder } from '../../authority/secretFolder.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'

/** A folder of secrets that a test can look into. */
export const memoryFolder = (
  files = new Map<string, string>(),
): SecretFolder & { files: Map<string, string> } => ({
  files,
  read: (name) => files.get(name),
  write: (name, text) => void files.set(name, text),
})

/** An authority in memory, for this machine's own addresses. */
export const testAuthority = (options: Partial<AuthorityOptions> = {}): Promise<Authority> =>
  openAuthority({
    folder: memoryFolder(),
    names: ['localhost', '127.0.0.1'],
    now: Date.now,
    log: pino({ level: 'silent' }),
    ...options,
  })

export interface ClientCertificate {
  key: string
  cert: string
  serial: string
}

/** A certificate for `device` with a key of its own, known to the catalogue when one is given. */
export const clientCertificate = async (
  authority: Authority,
  device: string,
  { days = 30, catalogue }: { days?: number; catalogue?: Catalogue } = {},
): Promise<ClientCertificate> => {
  const key = await makeKey()
  const signed = await authority.sign(await makeRequest(device, key), device, days)
  catalogue?.certificates.add({ ...signed, device })
  return { key, cert: signed.pem, serial: signed.serial }
}

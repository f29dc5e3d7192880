import { hostname, networkInterfaces } from 'node:os'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import { type Authority, openAuthority } from '../authority/openAuthority.ts'
import { openPublicCertificate, type PublicCertificate } from '../authority/publicCertificate.ts'
import type { SecretFolder } from '../authority/secretFolder.ts'
import type { Config } from '../config.ts'
import { writeSecret } from './secrets.ts'

/** The city's authority in its data folder, and what HTTPS shows where it is served. */
export interface CityTls extends Disposable {
  authority: Authority
  publicCertificate: PublicCertificate | undefined
}

export const openCityTls = async (config: Config, folder: string, log: Logger): Promise<CityTls> => {
  const authority = await openAuthority({
    folder: secretFolder(folder),
    names: serverNames(config),
    now: Date.now,
    log,
  })
  const { certFile, keyFile } = config.tls
  try {
    const publicCertificate =
      config.tls.http && certFile !== undefined && keyFile !== undefined
        ? await openPublicCertificate({ own: authority.tls, certFile, keyFile, now: Date.now, log })
        : undefined
    return {
      authority,
      publicCertificate,
      [Symbol.dispose]() {
        publicCertificate?.close()
        authority.close()
      },
    }
  } catch (error) {
    authority.close()
    throw error
  }
}

const secretFolder = (folder: string): SecretFolder => ({
  read(name) {
    const file = path.join(folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  },
  write: (name, text) => writeSecret(path.join(folder, name), text),
})

/** Every name and address by which a device may reach this machine. */
const serverNames = ({ host, tls }: Config): string[] => {
  const isAny = host === '0.0.0.0' || host === '::'
  const addresses = Object.values(networkInterfaces())
    .flatMap((its) => its ?? [])
    // Addresses that hold on one link only carry that link's name.
    .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
    .map(({ address }) => address)
  const names = ['localhost', '127.0.0.1', '::1', ownName(), ...(isAny ? addresses : [host]), ...tls.names]
  return [...new Set(names)]
}

/** Lower case and without what no certificate may name. */
const ownName = (): string => {
  const name = hostname().toLowerCase()
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? name : 'localhost'
}

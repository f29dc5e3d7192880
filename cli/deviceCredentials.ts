import type { Command } from '@commander-js/extra-typings'
import { type CityClient, connectCity } from './city.ts'
import {
  type DeviceFiles,
  readRequestFile,
  requestWithKey,
  requireOwnFolder,
  writeIssued,
} from './deviceFiles.ts'
import { days, seconds } from './duration.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

/** What the city issues for a certificate request. */
export interface Issued {
  serial: string
  certificate: string
  authority: string
  expiresAt: string
  mqtts: string | null
}

interface Certificate {
  id: string
  device: string
  issuedAt: string
  expiresAt: string
  revokedAt: string | null
  valid: boolean
}

/** `nadi devices rotate | certificate | certificates | authority`: what devices prove themselves with. */
export const registerCredentials = (devices: Command): void => {
  withCity(devices.command('rotate').argument('<id>'))
    .description('gives a device a new password; the old one stays valid for a while')
    .option('--grace <time>', 'how long, like 15m, 1h or 7d; 0: the old one ends at once', seconds, 3600)
    .addHelpText('after', example('npx nadi devices rotate library-edge --grace 1h'))
    .action(async (id, { grace, json, ...at }) => {
      const made = await connectCity(at).post<{
        device: string
        password: string
        previousValidUntil: string
      }>(`/v1/devices/${encodeURIComponent(id)}/password`, { graceSeconds: grace })
      if (json) return printJson(made)
      say(
        grace === 0
          ? 'The old password has ended. The new one is shown once.'
          : `The old password is valid until ${made.previousValidUntil}. The new one is shown once.`,
      )
      print(`device    ${made.device}\npassword  ${made.password}`)
    })

  withCity(devices.command('certificate').argument('<id>'))
    .description('issues a device a certificate, its first one or a renewal')
    .requiredOption('--out <folder>', 'where key.pem (kept if it is there), cert.pem and ca.pem are written')
    .option('--csr <file>', 'a request that the device made of its own key, instead of a key made here')
    .option('--days <number>', 'how long it is valid', days, 365)
    .option(
      '--grace <time>',
      'end its other certificates after this time (default: they stay valid)',
      seconds,
    )
    .addHelpText(
      'after',
      example(
        'npx nadi devices certificate library-edge --out ./library-edge',
        'npx nadi devices certificate library-edge --out ./library-edge --days 30 --grace 1d',
      ),
    )
    .action(async (id, { out, csr, days: validDays, grace, json, ...at }) => {
      const replaced = requireOwnFolder(out, id)
      const request = csr === undefined ? await requestWithKey(out, id) : readRequestFile(csr)
      const city = connectCity(at)
      const issued = await city.post<Issued>(`/v1/devices/${encodeURIComponent(id)}/certificates`, {
        request,
        days: validDays,
        ...(grace !== undefined && { graceSeconds: grace }),
      })
      const files = writeIssued(out, issued)
      if (json) return printJson(describeCertificate(id, issued, files))
      if (replaced !== undefined) say(`In ${files.cert} it takes the place of ${replaced}.`)
      tellCertificate(id, issued, files)
      await tellOthers(city, id, issued.serial)
    })

  withCity(devices.command('certificates'))
    .description('lists the certificates that were issued')
    .option('--device <id>', 'of this device alone')
    .addHelpText('after', example('npx nadi devices certificates --device library-edge'))
    .action(async ({ device, json, ...at }) => {
      const of = device === undefined ? '' : `&device=${encodeURIComponent(device)}`
      const all = await Array.fromAsync(connectCity(at).all<Certificate>(`/v1/certificates?limit=1000${of}`))
      if (json) return printJson({ items: all })
      printTable(
        ['certificate', 'device', 'issued', 'expires', 'revoked', 'valid'],
        all.map((it) => [it.id, it.device, it.issuedAt, it.expiresAt, it.revokedAt, it.valid ? 'yes' : 'no']),
      )
    })

  withCity(devices.command('authority'))
    .description("prints the certificate of the city's authority, by which a device knows the city")
    .addHelpText('after', example('npx nadi devices authority > ca.pem'))
    .action(async ({ json, ...at }) => {
      const authority = await connectCity(at).get<{ certificate: string }>('/v1/authority')
      if (json) return printJson(authority)
      process.stdout.write(authority.certificate)
    })
}

/** A renewal ends nothing by itself: says which certificates work beside the new one, and until when. */
const tellOthers = async (city: CityClient, id: string, serial: string): Promise<void> => {
  const all = city.all<Certificate>(`/v1/certificates?limit=1000&device=${encodeURIComponent(id)}`)
  for await (const other of all) {
    if (!other.valid || other.id === serial) continue
    say(
      `Still valid until ${other.expiresAt}: ${other.id}. To end it now: npx nadi devices revoke --certificate ${other.id}`,
    )
  }
}

export const describeCertificate = (device: string, { serial, expiresAt }: Issued, files: DeviceFiles) => ({
  device,
  certificate: { serial, expiresAt },
  files,
})

/** Where it is, and a line that publishes one reading with it. */
export const tellCertificate = (device: string, issued: Issued, files: DeviceFiles): void => {
  print(`device       ${device}\ncertificate  ${files.cert}, valid until ${issued.expiresAt}`)
  print(`authority    ${files.ca}`)
  if (issued.mqtts === null) return
  const { hostname, port } = new URL(issued.mqtts)
  say(
    `\nTry it, where key.pem is:\n  mosquitto_pub -h ${hostname} -p ${port} --cafile ${files.ca} --cert ${files.cert} --key ${files.key} -i ${device} -q 1 -t nadi/v1/${device}/status -m online`,
  )
}

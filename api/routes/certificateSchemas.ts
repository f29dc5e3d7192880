import { z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import type { SignedCertificate } from '../../authority/openAuthority.ts'
import type { ApiContext } from '../context.ts'
import { time } from './adminPages.ts'

/** What routes that issue certificates share: what they ask for, what they answer, and who signs. */

export const certificateRequest = z
  .string()
  .max(10_000)
  .openapi({ description: 'PKCS #10 in PEM; the private key stays with the device', format: 'pem' })

export const certificateDays = z
  .number()
  .int()
  .min(1)
  .max(3650)
  .openapi({ description: 'How long the certificate is valid', example: 365 })

export const issuedCertificate = z
  .object({
    serial: z.string().openapi({ example: '7574879B7F4D8896FE8E37EC66C72D7E' }),
    certificate: z.string().openapi({ description: 'PEM', format: 'pem' }),
    authority: z.string().openapi({ description: 'PEM: what the device checks the city against' }),
    expiresAt: time,
    mqtts: z.string().nullable().openapi({ example: 'mqtts://127.0.0.1:8883' }),
  })
  .openapi('IssuedCertificate')

/** The city's authority. Throws `store-unavailable` where there is none (the API alone, in a test). */
export const authorityOf = ({ authority }: ApiContext): NonNullable<ApiContext['authority']> => {
  if (authority) return authority
  throw new NadiError('store-unavailable', 'This city has no certificate authority.')
}

export const describeIssued = (context: ApiContext, { pem, serial, expiresMs }: SignedCertificate) => ({
  serial,
  certificate: pem,
  authority: authorityOf(context).certificate,
  expiresAt: new Date(expiresMs).toISOString(),
  mqtts: context.addresses().mqtts ?? null,
})

import { z } from '@hono/zod-openapi'
import type { Role } from '../../city/roles.ts'

const AGENCY = 'agency:[a-z0-9-]+'

/** What an account may be: everybody is a citizen without one. */
export const roleOfPerson = z
  .string()
  .regex(new RegExp(`^(operator|scientist|administrator|${AGENCY})$`), {
    error: 'operator, scientist, administrator or agency:ID',
  })
  .transform((text) => text as Role)
  .openapi({ type: 'string', example: 'operator' })

/** What a key may be: also a citizen's, for a program that wants limits of its own. */
export const roleOfKey = z
  .string()
  .regex(new RegExp(`^(citizen|operator|scientist|administrator|${AGENCY})$`), {
    error: 'citizen, operator, scientist, administrator or agency:ID',
  })
  .transform((text) => text as Role)
  .openapi({ type: 'string', example: 'scientist' })

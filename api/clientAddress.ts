import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/**
 * The address at the other end of the connection. Headers that claim another are not believed; IPv6 counts by its
 * /64, which is what one household or attacker has.
 */
export const clientAddress = (c: Context): string => {
  let address: string | undefined
  try {
    address = getConnInfo(c).remote.address
  } catch {
    // A request without a connection: a test, or a call from inside.
  }
  if (address === undefined) return 'unknown'
  const ipv4 = address.startsWith('::ffff:') ? address.slice(7) : undefined
  return ipv4 ?? (address.includes(':') ? address.split(':').slice(0, 4).join(':') : address)
}

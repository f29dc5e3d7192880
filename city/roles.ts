/** Who may see what. `citizen` is everybody without a login; an administrator may see all that others may. */
export type Role = 'citizen' | 'operator' | 'scientist' | 'administrator' | `agency:${string}`

const FIXED: readonly string[] = ['citizen', 'operator', 'scientist', 'administrator']

/** True for a role of the contract. */
export const isRole = (text: string): text is Role => FIXED.includes(text) || /^agency:[a-z0-9-]+$/.test(text)

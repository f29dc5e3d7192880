import { createNetwork } from './network/network.ts'

/**
 * What Nadi serves: two networks of different beginnings, averaged, believed as far as the newest quarter of the data
 * confirms what was learned of the older ones, and what each building adds where its newest weeks say so.
 */
export const NADI = { name: 'nadi', members: 2 }

export const nadi = createNetwork(NADI)

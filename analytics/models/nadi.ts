import { createNetwork } from './network/network.ts'

/**
 * What Nadi serves: two networks of different beginnings, averaged, and what each building adds where its newest weeks
 * say so. Nothing else is blended in: the network begins at the ridge and departs from it as far as the data pay for,
 * and it was ahead of the ridge on each of three sets (`docs/forecasting.md`).
 */
export const NADI = { name: 'nadi', members: 2 }

export const nadi = createNetwork(NADI)

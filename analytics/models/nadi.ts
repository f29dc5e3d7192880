import { createNetwork } from './network/network.ts'

/**
 * What Nadi serves: two networks of different beginnings, averaged, and what each building adds where held-back weeks
 * say so. Neither the ridge nor a seasonal rule is blended in: the network begins at the ridge and departs from it as
 * far as the data pay for, and a choice between the two on held-back weeks was never better than that.
 */
export const NADI = { name: 'nadi', members: 2 }

export const nadi = createNetwork(NADI)

'use strict'

/**
 * The Datastreams at and below `thing` (all when empty) that observe `property` (any when empty).
 * @returns {Promise<{ id: number, name: string, property: string, unit: string }[]>}
 */
exports.listDatastreams = async ({ httpUrl, key, thing, property }) => {
  const found = []
  let next = thing ? `/v1/datastreams?thing=${encodeURIComponent(thing)}` : '/v1/datastreams'
  while (next) {
    const page = await request(new URL(next, httpUrl), { key })
    found.push(...page.items.filter((item) => !property || item.property === property))
    next = page.next
  }
  return found
}

/** Tells the operators something. Rejects with `refused` set where trying again is no use. */
exports.postNotice = ({ httpUrl, key, notice }) =>
  request(new URL('/v1/notices', httpUrl), {
    key,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(notice),
  })

const request = async (url, { key, headers, ...options }) => {
  const response = await fetch(url, {
    ...options,
    headers: { ...headers, authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(10_000),
  })
  if (response.ok) return response.json()
  const problem = await response.text()
  const error = new Error(`${response.status} ${problem.slice(0, 300)}`)
  error.refused = response.status >= 400 && response.status < 500 && response.status !== 429
  throw error
}

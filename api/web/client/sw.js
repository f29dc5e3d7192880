/**
 * Shows the last known pages while there is no connection, and says so. Everything is asked of the city first; what it
 * answered is kept, and shown only when it cannot be reached. Private pages and the API are never kept.
 */
const CACHE = 'nadi-1'
const OFFLINE_PAGE = '/offline'
const MOST_PAGES = 40

const isPage = ({ pathname }) => ['/', '/privacy'].includes(pathname) || /^\/buildings\/[^/]+$/.test(pathname)
const isAsset = ({ pathname }) => pathname.startsWith('/assets/') || pathname === '/manifest.webmanifest'

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE)
    await cache.addAll([OFFLINE_PAGE, '/assets/nadi.css', '/assets/live.js', '/assets/instrument-sans.woff2'])
    await self.skipWaiting()
  }
  event.waitUntil(keep())
})

self.addEventListener('activate', (event) => {
  const begin = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
    await self.clients.claim()
    // The page that brought this worker along was loaded without it.
    for (const { url } of await self.clients.matchAll({ type: 'window' })) {
      if (isPage(new URL(url))) await ask(url).catch(() => undefined)
    }
  }
  event.waitUntil(begin())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (isPage(url)) event.respondWith(ask(request).catch(() => lastPage(request)))
  else if (isAsset(url)) event.respondWith(ask(request).catch(() => lastAsset(request)))
})

/** Asks the city and keeps what it answered. */
const ask = async (request) => {
  const response = await fetch(request)
  if (response.ok) {
    const cache = await caches.open(CACHE)
    await cache.put(request, response.clone())
    const pages = (await cache.keys()).filter(({ url }) => isPage(new URL(url)))
    for (const old of pages.slice(0, -MOST_PAGES)) await cache.delete(old)
  }
  return response
}

const lastAsset = async (request) => (await caches.match(request, { ignoreVary: true })) ?? Response.error()

/** The page as it was last seen, marked as such; of one that was never seen, that there is no connection. */
const lastPage = async (request) => {
  const known =
    (await caches.match(request, { ignoreVary: true })) ??
    (await caches.match(request, { ignoreVary: true, ignoreSearch: true }))
  const page = known ?? (await caches.match(OFFLINE_PAGE))
  if (!page) return Response.error()
  const text = (await page.text()).replace('<html ', '<html class="offline" ')
  const headers = new Headers(page.headers)
  headers.set('nadi-offline', 'true')
  return new Response(text, { headers })
}

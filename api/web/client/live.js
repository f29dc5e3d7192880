/**
 * Keeps an open page fresh: when the city says that something was measured (server-sent events), or at the latest
 * every half minute, the same address is fetched again and its <main> put in place of the old one. Without this
 * script the page is complete; it is only as old as its loading.
 */
const LEAST_MS = 10_000
const MOST_MS = 30_000
const OFFLINE_AFTER = 3

const main = document.querySelector('main')
let lastMs = Date.now()
let timer = 0
let failures = 0

// A form that somebody has begun to fill in stays as it is, and nothing moves while they do.
const begun = new Set()
main.addEventListener('input', ({ target }) => target.form && begun.add(target.form.id))
const isBusy = () => main.querySelector(':hover > summary, form :focus') !== null

const openIds = () => [...main.querySelectorAll('details[open]')].map((details) => details.id)

const put = (fresh) => {
  const open = openIds()
  const focused = document.activeElement
  const href = main.contains(focused) ? focused.getAttribute('href') : null
  const summaryOf = main.contains(focused) && focused.tagName === 'SUMMARY' ? focused.parentElement.id : null
  for (const id of begun) fresh.querySelector(`#${id}`)?.replaceWith(document.getElementById(id))
  main.replaceChildren(...fresh.childNodes)
  for (const id of open) document.getElementById(id)?.setAttribute('open', '')
  if (href)
    [...main.querySelectorAll('a')]
      .find((a) => a.getAttribute('href') === href)
      ?.focus({ preventScroll: true })
  if (summaryOf) document.getElementById(summaryOf)?.querySelector('summary')?.focus({ preventScroll: true })
}

const refresh = async () => {
  timer = 0
  if (document.hidden) return
  try {
    // After a form that was not taken, the address is the form's.
    const at = location.pathname.replace(/\/(?:votes|reports)$/, '') + location.search
    const response = await fetch(at, { headers: { accept: 'text/html' } })
    if (!response.ok) throw new Error(String(response.status))
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const fresh = page.querySelector('main')
    if (fresh && !isBusy()) {
      document.title = page.title
      put(fresh)
    }
    lastMs = Date.now()
    failures = 0
    document.documentElement.classList.remove('offline')
  } catch {
    failures += 1
    if (failures >= OFFLINE_AFTER) document.documentElement.classList.add('offline')
  }
  plan(MOST_MS)
}

const plan = (inMs) => {
  clearTimeout(timer)
  timer = setTimeout(() => void refresh(), Math.max(0, inMs))
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) plan(lastMs + LEAST_MS - Date.now())
})

if ('EventSource' in window) {
  const building = /^\/buildings\/([^/]+)/.exec(location.pathname)?.[1]
  const stream = new EventSource(building ? `/v1/stream?thing=${building}` : '/v1/stream')
  let due = false
  const heard = () => {
    if (due) return
    due = true
    setTimeout(
      () => {
        due = false
        void refresh()
      },
      Math.max(1000, lastMs + LEAST_MS - Date.now()),
    )
  }
  stream.addEventListener('message', heard)
  stream.addEventListener('observation', heard)
}
plan(MOST_MS)

// Keeps the last pages for when there is no connection; without it the page is the same.
if ('serviceWorker' in navigator) navigator.serviceWorker.register('/sw.js').catch(() => undefined)

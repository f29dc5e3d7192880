import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import { VOTE_CHOICES, type VoteChoice, type VoteCounts } from '../../../city/votes.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingView } from '../view.ts'
import type { Visit } from '../voiceView.ts'
import { percentOf } from './hatch.ts'
import { zoneField } from './zoneField.ts'

/** How it feels inside: three buttons with how many said so, and what votes changed. */
export const voteSection = (format: Format, view: BuildingView, visit: Visit): Html => {
  const { words } = format
  const { voice, building } = view
  return html`<section class="voice-part" id="suara" aria-labelledby="vote-title">
    <h2 id="vote-title">${words('vote.title')}</h2>
    ${
      visit.vote
        ? html`<p class="thanks" role="status">
            ${words('vote.thanks', { choice: words(`vote.${visit.vote.choice}`).toLowerCase(), time: format.time(visit.vote.againMs) })}
          </p>`
        : ''
    }
    ${
      visit.voteRefused
        ? html`<p class="field-error" role="alert">
            ${words('vote.tooMany', { time: format.time(visit.voteRefused.againMs) })}
          </p>`
        : ''
    }
    <form class="vote" id="vote-form" method="post" action="/buildings/${building.id}/votes#suara">
      ${visit.vote ? '' : zoneField(format, voice.zones, { id: 'vote-zone' })}
      <ul class="vote-choices">
        ${VOTE_CHOICES.map((choice) => voteChoice(format, choice, voice.votes.counts, visit))}
      </ul>
    </form>
    <p class="note">${votesSentence(format, voice.votes)}</p>
    ${zoneVotes(format, voice.votes.zones)} ${changes(format, view)}
  </section>`
}

/** One choice: its button (its word once one has voted), a bar as high as its share, and the count. */
const voteChoice = (
  format: Format,
  choice: VoteChoice,
  counts: VoteCounts<number | null>,
  { vote }: Visit,
): Html => {
  const { words } = format
  const most = Math.max(...VOTE_CHOICES.map((other) => counts[other] ?? 0), 1)
  const count = counts[choice]
  const own = vote?.choice === choice
  return html`<li ${own ? html` class="vote-own"` : ''}>
    ${
      vote
        ? html`<span class="vote-word">${words(`vote.${choice}`)}</span>`
        : html`<button name="choice" value="${choice}">${words(`vote.${choice}`)}</button>`
    }
    ${counts.votes === null ? '' : voteBar(count === null ? null : count / most)}
    ${
      counts.votes === null
        ? ''
        : html`<span class="vote-count"
            >${count === null ? html`<span class="quiet">${words('people.below', { count: MINIMUM_PEOPLE })}</span>` : html`<strong>±${format.number(count)}</strong>`}</span
          >`
    }
  </li>`
}

const BAR_HEIGHT = 56

/** As high as the share of the largest; a hatched stub where the count is not told. */
const voteBar = (share: number | null): Html => {
  const height = share === null ? 7 : Math.max(2, Math.round(share * (BAR_HEIGHT - 4)))
  const attributes = html`x="${percentOf(0.3)}" width="${percentOf(0.4)}" y="${BAR_HEIGHT - height}"
  height="${height}"`
  return html`<svg class="vote-bar" width="100%" height="${BAR_HEIGHT}" aria-hidden="true">
    ${
      share === null
        ? html`<rect ${attributes} class="hatch" /><rect ${attributes} class="post-few" />`
        : html`<rect ${attributes} class="post-votes" />`
    }
    <rect x="0" y="${BAR_HEIGHT - 2}" width="100%" height="2" class="now-foot" />
  </svg>`
}

const votesSentence = (format: Format, { counts }: BuildingView['voice']['votes']): string =>
  counts.votes === null
    ? format.words('vote.few', { count: MINIMUM_PEOPLE })
    : format.words('vote.lastWeek', {
        votes: format.number(counts.votes),
        count: MINIMUM_PEOPLE,
      })

/** The parts of the building with enough votes, each with what most said there. */
const zoneVotes = (format: Format, zones: BuildingView['voice']['votes']['zones']): Html | '' => {
  if (zones.length === 0) return ''
  const { words } = format
  const most = (counts: VoteCounts<number | null>): string => {
    const told = VOTE_CHOICES.flatMap((choice) => {
      const count = counts[choice]
      return count === null ? [] : [{ choice, count }]
    }).sort((a, b) => b.count - a.count)
    return told
      .map(({ choice, count }) => `±${format.number(count)} ${words(`vote.${choice}`).toLowerCase()}`)
      .join(', ')
  }
  return html`<dl class="facts vote-zones">
    ${zones.map(
      ({ name, counts }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${most(counts)}</dd>
        </div>`,
    )}
  </dl>`
}

const changes = (format: Format, { voice }: BuildingView): Html => {
  const { words } = format
  return html`<h3 class="small-title" id="changes">${words('change.title')}</h3>
    ${
      voice.changes.length === 0
        ? html`<p class="note">${words('change.none')}</p>`
        : html`<ol class="dated">
            ${voice.changes.map(
              ({ dayMs, zone, text }) =>
                html`<li>
                  <time datetime="${new Date(dayMs).toISOString()}">${format.briefDate(dayMs)}</time>
                  <p lang="${text.language}">
                    ${zone === null ? '' : html`<span class="quiet">${zone}.</span> `}${text.text}
                  </p>
                </li>`,
            )}
          </ol>`
    }`
}

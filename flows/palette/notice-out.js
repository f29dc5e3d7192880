'use strict'
const { postNotice } = require('./lib/city.js')

/** Notices that wait while the city does not answer; the oldest is dropped beyond this. */
const MOST_WAITING = 200
const FIRST_BACK_OFF_MS = 1000
const LONGEST_BACK_OFF_MS = 60_000

/**
 * `notice out`: makes a notice for the operators of each message: `topic` (what it is about: a Thing or Datastream),
 * `payload` (the text) and `severity` (`alarm`, `warning`, `info`; else the node's own). While the city does not
 * answer, notices wait in order.
 */
module.exports = function (RED) {
  function NoticeOut(config) {
    RED.nodes.createNode(this, config)
    const node = this
    const { httpUrl, key } = RED.settings.nadi
    const waiting = []
    let backOffMs = FIRST_BACK_OFF_MS
    let timer
    let sending = false
    const closing = new AbortController()

    const sendAll = async () => {
      if (sending) return
      sending = true
      clearTimeout(timer)
      while (waiting.length > 0 && !closing.signal.aborted) {
        const [{ notice, done }] = waiting
        try {
          await postNotice({ httpUrl, key, notice })
          waiting.shift()
          backOffMs = FIRST_BACK_OFF_MS
          node.status({ fill: 'green', shape: 'dot', text: 'told' })
          done()
        } catch (error) {
          if (error.refused) {
            waiting.shift()
            done(error)
            continue
          }
          node.status({ fill: 'red', shape: 'ring', text: `${waiting.length} waiting` })
          if (!closing.signal.aborted) timer = setTimeout(() => void sendAll(), backOffMs)
          backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS)
          break
        }
      }
      sending = false
    }

    node.on('input', (message, _send, done) => {
      const notice = {
        severity: message.severity || config.severity || 'warning',
        about: String(message.topic || ''),
        message: String(message.payload),
      }
      if (waiting.length >= MOST_WAITING) {
        // The first may be under way at this moment: it is delivered or tried again, never dropped.
        const [dropped] = waiting.splice(1, 1)
        dropped.done(new Error('Dropped: the city has not answered for too long.'))
      }
      waiting.push({ notice, done })
      void sendAll()
    })
    node.on('close', () => {
      closing.abort()
      clearTimeout(timer)
    })
  }
  RED.nodes.registerType('nadi-notice-out', NoticeOut)
}

'use strict'
const mqtt = require('mqtt')
const { listDatastreams } = require('./lib/city.js')

/** How often new Datastreams are looked for, in milliseconds. */
const LOOK_AGAIN_MS = 60_000
const TOPICS_A_PACKET = 500

/**
 * `observation in`: each value that the city stores, of the Things and the property that the node names, as
 * `{ topic: Datastream, payload: value, unit, property, thing, time }`. A value is sent at most once a second for each
 * Datastream; after a (re)connection the latest of each comes first.
 */
module.exports = function (RED) {
  function ObservationIn(config) {
    RED.nodes.createNode(this, config)
    const node = this
    const { httpUrl, mqttUrl, key } = RED.settings.nadi
    const [, id] = key.split('_')
    const byTopic = new Map()

    const client = mqtt.connect(mqttUrl, {
      username: id,
      password: key,
      clientId: `${id}:${node.id}`,
      reconnectPeriod: 2000,
    })

    const subscribeToNew = async () => {
      const found = await listDatastreams({
        httpUrl,
        key,
        thing: config.thing || '',
        property: config.property || '',
      })
      const topics = []
      for (const datastream of found) {
        const topic = `v1.1/Datastreams(${datastream.id})/Observations`
        if (!byTopic.has(topic)) topics.push(topic)
        byTopic.set(topic, datastream)
      }
      // The broker takes packets of at most 128 KB: some hundred topics each.
      for (let first = 0; first < topics.length && client.connected; first += TOPICS_A_PACKET) {
        await client.subscribeAsync(topics.slice(first, first + TOPICS_A_PACKET), { qos: 1 })
      }
      node.status({ fill: 'green', shape: 'dot', text: `${byTopic.size} datastreams` })
    }
    const look = () =>
      subscribeToNew().catch((error) => {
        node.status({ fill: 'red', shape: 'ring', text: 'city not answering' })
        node.warn(`The city's list of datastreams could not be read: ${error.message}`)
      })

    client.on('connect', () => {
      byTopic.clear()
      void look()
    })
    client.on('close', () => node.status({ fill: 'red', shape: 'ring', text: 'not connected' }))
    client.on('error', (error) => node.warn(`The city's broker refused the connection: ${error.message}`))
    client.on('message', (topic, payload) => {
      const datastream = byTopic.get(topic)
      if (!datastream) return
      const { result, phenomenonTime } = JSON.parse(payload.toString())
      node.send({
        topic: datastream.name,
        payload: result,
        unit: datastream.unit,
        property: datastream.property,
        thing: datastream.name.slice(0, datastream.name.lastIndexOf('/')),
        time: phenomenonTime,
      })
    })
    const timer = setInterval(() => void look(), LOOK_AGAIN_MS)
    node.on('close', (done) => {
      clearInterval(timer)
      client.end(true, {}, () => done())
    })
  }
  RED.nodes.registerType('nadi-observation-in', ObservationIn)
}

/** Who subscribed with which filter, found by the topic of a message without asking each. */
export interface FilterTree<Who, Value> {
  set(filter: string, who: Who, value: Value): void
  delete(filter: string, who: Who): void
  /** Calls `found` for each subscription that matches; the same `who` comes once for each of its filters. */
  match(topic: string, found: (who: Who, value: Value) => void): void
}

interface Node<Who, Value> {
  children: Map<string, Node<Who, Value>>
  here: Map<Who, Value>
}

export const createFilterTree = <Who, Value>(): FilterTree<Who, Value> => {
  const create = (): Node<Who, Value> => ({ children: new Map(), here: new Map() })
  const root = create()

  const remove = (node: Node<Who, Value>, levels: readonly string[], depth: number, who: Who): void => {
    const level = levels[depth]
    if (level === undefined) {
      node.here.delete(who)
      return
    }
    const child = node.children.get(level)
    if (child === undefined) return
    remove(child, levels, depth + 1, who)
    if (child.children.size === 0 && child.here.size === 0) node.children.delete(level)
  }

  return {
    set(filter, who, value) {
      let node = root
      for (const level of filter.split('/')) {
        const child = node.children.get(level) ?? create()
        node.children.set(level, child)
        node = child
      }
      node.here.set(who, value)
    },
    delete(filter, who) {
      remove(root, filter.split('/'), 0, who)
    },
    match(topic, found) {
      const levels = topic.split('/')
      const tell = (node: Node<Who, Value> | undefined): void => {
        if (node !== undefined) for (const [who, value] of node.here) found(who, value)
      }
      // No deeper than the deepest filter, whatever the topic's depth.
      const walk = (node: Node<Who, Value>, depth: number): void => {
        // [MQTT-4.7.2-1]
        const wild = depth > 0 || !topic.startsWith('$')
        if (wild) tell(node.children.get('#'))
        const level = levels[depth]
        if (level === undefined) {
          tell(node)
          return
        }
        const named = node.children.get(level)
        if (named !== undefined) walk(named, depth + 1)
        const any = wild ? node.children.get('+') : undefined
        if (any !== undefined) walk(any, depth + 1)
      }
      walk(root, 0)
    },
  }
}

/**
 * An object of libp2p's as another part of libp2p is to see it: itself, but for a few members that are ours. For what can only be put
 * between two of its parts, since neither has a setting for it.
 */
export function seenThrough<T extends object> (target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (_, key): unknown => {
      if (key in members) {
        return Reflect.get(members, key)
      }
      const own: unknown = Reflect.get(target, key, target)
      // methods reach for private fields, which the target alone has; functions that it holds, as loggers, may have members of their own
      return typeof own === 'function' && !Object.hasOwn(target, key) ? own.bind(target) as unknown : own
    },
    set: (_, key, value) => Reflect.set(target, key, value, target)
  })
}

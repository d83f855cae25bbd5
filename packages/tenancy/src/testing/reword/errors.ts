import pg from 'pg'

// Imported before all other modules, replaces the message of every error that this process creates or
// receives: errors of our code read like lost connections, and those of PostgreSQL and of sockets are
// meaningless. Code that depends on a message fails one way or the other.

const ours = 'connection terminated: timeout expired, will try again'
const theirs = 'lorem ipsum'

const reworded = <E extends ErrorConstructor>(constructor: E): E => {
  const worded = ([message, ...rest]: unknown[]) => [message === undefined ? '' : ours, ...rest]
  return new Proxy(constructor, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, worded(args), newTarget) as object,
    apply: (target, _this, args) => Reflect.construct(target, worded(args)) as Error,
  })
}

globalThis.Error = reworded(Error)
globalThis.TypeError = reworded(TypeError as ErrorConstructor) as TypeErrorConstructor
globalThis.RangeError = reworded(RangeError as ErrorConstructor) as RangeErrorConstructor

const { prototype } = pg.Connection as unknown as {
  prototype: { emit: (event: string, ...values: unknown[]) => boolean }
}
const { emit } = prototype
prototype.emit = function (event, ...values) {
  for (const value of values)
    if (value instanceof Error)
      for (const key of ['message', 'detail', 'hint', 'where'])
        if (key in value) Object.assign(value, { [key]: theirs })
  return emit.call(this, event, ...values)
}

import pg from 'pg'

// Imported before anything else, replaces the text of every error that this process makes or
// receives. Ours then read like lost connections, and those of PostgreSQL and of sockets like
// nothing at all: code that goes by a text goes wrong in one direction or the other.

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

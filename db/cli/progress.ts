/** A line that says how far it is, for people at a terminal; nothing anywhere else. */
export function onLine(to = process.stderr) {
  let next = 0
  return {
    show: (text: string) => {
      if (!to.isTTY || Date.now() < next) return
      next = Date.now() + 100
      to.write(`\r\u001b[K${text}`)
    },
    end: () => void (to.isTTY && to.write('\r\u001b[K')),
  }
}

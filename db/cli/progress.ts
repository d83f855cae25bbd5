/** A progress line on a terminal. Prints nothing when the output is not one. */
export function progressLine(to = process.stderr) {
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

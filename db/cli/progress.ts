/**
 * Shows a progress line that is overwritten in place. Prints nothing unless the output is a
 * terminal.
 */
export function progressLine(to = process.stderr) {
  let nextAt = 0
  return {
    show: (text: string) => {
      if (!to.isTTY || Date.now() < nextAt) return
      nextAt = Date.now() + 100
      to.write(`\r\u001b[K${text}`)
    },
    end: () => void (to.isTTY && to.write('\r\u001b[K')),
  }
}

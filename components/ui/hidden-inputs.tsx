export function HiddenInputs({ pairs }: { pairs: [string, string][] }) {
  return pairs.map(([name, value], i) => (
    <input key={`${name}${i}`} type="hidden" name={name} value={value} />
  ))
}

export function Archived() {
  return <span className="inline-flex h-6 items-center rounded-full bg-warn-soft px-2.5 text-sm font-medium text-warn">Archived</span>
}

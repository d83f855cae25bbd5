import { Sections } from '#components/ui/sections'

export function SettingsSections({ keys }: { keys: boolean }) {
  return (
    <Sections
      label="Settings"
      sections={[
        { href: '/settings', label: 'General' },
        ...(keys ? [{ href: '/settings/keys' as const, label: 'API keys' }] : []),
        { href: '/settings/data', label: 'Your data' },
      ]}
    />
  )
}

import { SectionNav } from '#components/ui/section-nav'

export function SettingsSections({ keys }: { keys: boolean }) {
  return (
    <SectionNav
      label="Settings"
      sections={[
        { href: '/settings', label: 'General' },
        ...(keys ? [{ href: '/settings/keys' as const, label: 'API keys' }] : []),
        { href: '/settings/data', label: 'Your data' },
      ]}
    />
  )
}

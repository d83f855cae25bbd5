export type Story = { products: [sku: string, name: string, priceMinor: number][]; customers: string[]; streets: string[]; domain: string }

/** What the demo tenants sell and to whom: different enough that a mix-up would be seen at a glance. */
export const stories = {
  acme: {
    domain: 'works.example',
    products: [
      ['ANV-25', 'Forged anvil, 25 kg', 18900], ['ANV-60', 'Forged anvil, 60 kg', 42900], ['HAM-02', 'Cross-peen hammer', 3450],
      ['HAM-05', 'Sledge hammer, 5 kg', 6790], ['TNG-01', 'Wolf-jaw tongs', 4120], ['CHS-09', 'Hot-cut chisel', 2890],
      ['VIC-14', 'Leg vice, 140 mm', 27500], ['BEL-03', 'Hand bellows', 8900], ['SPR-11', 'Coil spring, heavy', 1590],
      ['ROP-50', 'Hemp rope, 50 m', 5400], ['MAG-08', 'Horseshoe magnet', 2250], ['SKT-02', 'Rocket skates, pair', 31900],
    ],
    customers: [
      'Ironbridge Smithy', 'Kessler & Sons', 'Nordfeld Railworks', 'Tillman Farriers', 'Harbour Chain Co.', 'Oakridge Fencing',
      'Mesa Trail Outfitters', 'Castellan Restoration', 'Bright Forge Academy', 'Hollow Hill Estate', 'Quarry Road Tools', 'Fenwick Marine',
      'Lodestar Expeditions', 'Pemberton Gates', 'Copper Kettle Works', 'Steinbach Metallbau',
    ],
    streets: ['Foundry Lane 4', 'Bridge Street 18', 'Canal Wharf 7', 'Station Road 102', 'Mill Yard 3'],
  },
  globex: {
    domain: 'table.example',
    products: [
      ['COF-ETH', 'Ethiopia Yirgacheffe, 1 kg', 2890], ['COF-COL', 'Colombia Huila, 1 kg', 2590], ['COF-SUM', 'Sumatra Mandheling, 1 kg', 2750],
      ['ESP-HOU', 'House espresso, 1 kg', 2390], ['DEC-SWP', 'Decaf, Swiss water, 1 kg', 2990], ['TEA-SEN', 'Sencha, 250 g', 1850],
      ['TEA-ASM', 'Assam second flush, 250 g', 1690], ['CUP-12', 'Cupping bowls, 12', 6400], ['FLT-V60', 'Paper filters, 500', 1990],
      ['KET-GSN', 'Gooseneck kettle', 8900], ['GRD-HND', 'Hand grinder', 14900], ['SCL-01', 'Brewing scale', 5900],
    ],
    customers: [
      'Café Lumière', 'The Morning Standard', 'Bean There Bakery', 'Hotel Aurelia', 'Piccolo Bar', 'Juniper & Rye', 'Studio Kitchen Nº 9', 'Lakeside Inn',
      'Ramen Tōkyō', 'Blue Door Books', 'Common Room Cowork', 'Saffron House', 'The Little Roastery', 'Orchard Street Deli', 'Konditorei Mayer', 'Night Owl Diner',
    ],
    streets: ['5 Market Square', '88 Elm Avenue', '210 Harbor Boulevard', '17 Rue des Lilas', '1 Station Plaza'],
  },
  initech: {
    domain: 'office.example',
    products: [
      ['STP-RED', 'Stapler, red', 2490], ['PRT-LTR', 'Letter printer', 38900], ['TON-200', 'Toner, 200 pages over', 8490],
      ['CVR-TPS', 'Report cover sheets, 250', 1290], ['CHR-ERG', 'Desk chair', 31900], ['DSK-160', 'Desk, 160 cm', 44900],
      ['LMP-ARC', 'Reading lamp', 7900], ['BND-A4', 'Binders, A4, 20', 3890], ['WHT-180', 'Whiteboard, 180 cm', 15900],
      ['PEN-BLU', 'Ballpoint, blue, 50', 1890], ['SHR-12', 'Shredder', 22900], ['MUG-01', 'Mug, plain', 690],
    ],
    customers: [
      'Penetrode Systems', 'Lumbergh Consulting', 'Flingers Restaurants', 'Westfall Insurance', 'Notariat Brandt', 'Kanzlei Ohlsen', 'Stadtwerke Rhein',
      'Meridian Audit', 'Archiv Nordstadt', 'Tessellate Design', 'Bergmann Logistik', 'Halden Partner', 'Praxis am Ring', 'Schule Lindenhof', 'Delta Payroll', 'Vogt & Töchter',
    ],
    streets: ['Bahnhofstraße 12', 'Am Markt 3', 'Industrieweg 41', 'Schillerplatz 8', 'Hafenallee 77'],
  },
  umbrella: {
    domain: 'care.example',
    products: [
      ['GLV-NIT', 'Nitrile gloves, 1,000', 5490], ['MSK-FFP', 'FFP2 masks, 500', 11900], ['THR-IR', 'Infrared thermometer', 4290],
      ['CEN-24', 'Bench centrifuge, 24 tubes', 189000], ['FRZ-86', 'Freezer, -86 °C', 1249000], ['PIP-SET', 'Pipette set', 42900],
      ['TIP-960', 'Pipette tips, 960', 3190], ['MIC-400', 'Microscope, 400×', 98900], ['SWB-100', 'Swabs, sterile, 100', 1890],
      ['UMB-BLK', 'Umbrella, black', 2900], ['VIA-2ML', 'Vials, 2 ml, 1,000', 6900], ['COA-M', 'Lab coat, M', 3490],
    ],
    customers: [
      'St Bartholomew Clinic', 'Raccoon Street Pharmacy', 'Northern Blood Service', 'Ashford Diagnostics', 'Calder Veterinary', 'Royal Infirmary Stores', 'Helix Genomics', 'Thornbury Hospice',
      'Marsh Lane Surgery', 'Pell Institute', 'Cedar Dental Group', 'Arklay Research', 'Westminster Trials', 'Greenway Care Homes', 'Oxbow Laboratories', 'Harley Row Practice',
    ],
    streets: ['14 Infirmary Square', '3 Chapel Row', '90 Victoria Road', 'Unit 7, Science Park', '26 Canal Street'],
  },
} satisfies Record<string, Story>

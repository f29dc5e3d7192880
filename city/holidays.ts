import type { Holiday } from './cityFile.ts'

/**
 * Indonesia's national holidays and joint leave (cuti bersama), which three ministers decree for each year (SKB 3
 * Menteri); they cannot be computed. A city file adds days or overrides these.
 */
const day = (date: string, id: string, en: string): Holiday => ({ date, name: { id, en } })
const leave = (date: string, id: string, en: string): Holiday => ({
  date,
  name: { id: `Cuti bersama ${id}`, en: `Joint leave, ${en}` },
  kind: 'joint-leave',
})
const uncertain = (date: string, id: string, en: string): Holiday => ({
  ...day(date, id, en),
  uncertain: true,
})

/**
 * 2026: joint decree of the ministers of religious affairs, manpower and administrative reform, no. 1497, 2 and 5 of
 * 2025 (announced on 19 September 2025): 17 national holidays, 8 days of joint leave. Read in a city education
 * office's and other reprints, not in the decree itself.
 */
const INDONESIA_2026: readonly Holiday[] = [
  day('2026-01-01', 'Tahun Baru 2026 Masehi', "New Year's Day"),
  day('2026-01-16', 'Isra Mikraj Nabi Muhammad saw.', 'Ascension of the Prophet Muhammad'),
  leave('2026-02-16', 'Tahun Baru Imlek', 'Chinese New Year'),
  day('2026-02-17', 'Tahun Baru Imlek 2577 Kongzili', 'Chinese New Year'),
  leave('2026-03-18', 'Hari Suci Nyepi', 'Day of Silence'),
  day('2026-03-19', 'Hari Suci Nyepi (Tahun Baru Saka 1948)', 'Day of Silence (Saka New Year)'),
  leave('2026-03-20', 'Idulfitri 1447 Hijriah', 'Eid al-Fitr'),
  day('2026-03-21', 'Idulfitri 1447 Hijriah', 'Eid al-Fitr'),
  day('2026-03-22', 'Idulfitri 1447 Hijriah', 'Eid al-Fitr'),
  leave('2026-03-23', 'Idulfitri 1447 Hijriah', 'Eid al-Fitr'),
  leave('2026-03-24', 'Idulfitri 1447 Hijriah', 'Eid al-Fitr'),
  day('2026-04-03', 'Wafat Yesus Kristus', 'Good Friday'),
  day('2026-04-05', 'Kebangkitan Yesus Kristus (Paskah)', 'Easter Sunday'),
  day('2026-05-01', 'Hari Buruh Internasional', 'Labour Day'),
  day('2026-05-14', 'Kenaikan Yesus Kristus', 'Ascension of Jesus Christ'),
  leave('2026-05-15', 'Kenaikan Yesus Kristus', 'Ascension of Jesus Christ'),
  day('2026-05-27', 'Iduladha 1447 Hijriah', 'Eid al-Adha'),
  leave('2026-05-28', 'Iduladha 1447 Hijriah', 'Eid al-Adha'),
  day('2026-05-31', 'Hari Raya Waisak 2570 BE', 'Vesak'),
  day('2026-06-01', 'Hari Lahir Pancasila', 'Pancasila Day'),
  day('2026-06-16', '1 Muharam Tahun Baru Islam 1448 Hijriah', 'Islamic New Year'),
  day('2026-08-17', 'Proklamasi Kemerdekaan', 'Independence Day'),
  day('2026-08-25', 'Maulid Nabi Muhammad saw.', "The Prophet Muhammad's birthday"),
  leave('2026-12-24', 'Kelahiran Yesus Kristus', 'Christmas'),
  day('2026-12-25', 'Kelahiran Yesus Kristus', 'Christmas Day'),
]

/**
 * 2027: the decree was not at hand. Fixed dates are sure; the others follow from Easter and from new moons, so they
 * may be a day off, and joint leave is missing altogether.
 */
const INDONESIA_2027: readonly Holiday[] = [
  day('2027-01-01', 'Tahun Baru 2027 Masehi', "New Year's Day"),
  uncertain('2027-01-05', 'Isra Mikraj Nabi Muhammad saw.', 'Ascension of the Prophet Muhammad'),
  uncertain('2027-02-06', 'Tahun Baru Imlek 2578 Kongzili', 'Chinese New Year'),
  uncertain('2027-03-08', 'Hari Suci Nyepi (Tahun Baru Saka 1949)', 'Day of Silence (Saka New Year)'),
  uncertain('2027-03-10', 'Idulfitri 1448 Hijriah', 'Eid al-Fitr'),
  uncertain('2027-03-11', 'Idulfitri 1448 Hijriah', 'Eid al-Fitr'),
  uncertain('2027-03-26', 'Wafat Yesus Kristus', 'Good Friday'),
  uncertain('2027-03-28', 'Kebangkitan Yesus Kristus (Paskah)', 'Easter Sunday'),
  day('2027-05-01', 'Hari Buruh Internasional', 'Labour Day'),
  uncertain('2027-05-06', 'Kenaikan Yesus Kristus', 'Ascension of Jesus Christ'),
  uncertain('2027-05-17', 'Iduladha 1448 Hijriah', 'Eid al-Adha'),
  uncertain('2027-05-20', 'Hari Raya Waisak 2571 BE', 'Vesak'),
  day('2027-06-01', 'Hari Lahir Pancasila', 'Pancasila Day'),
  uncertain('2027-06-06', '1 Muharam Tahun Baru Islam 1449 Hijriah', 'Islamic New Year'),
  uncertain('2027-08-15', 'Maulid Nabi Muhammad saw.', "The Prophet Muhammad's birthday"),
  day('2027-08-17', 'Proklamasi Kemerdekaan', 'Independence Day'),
  day('2027-12-25', 'Kelahiran Yesus Kristus', 'Christmas Day'),
]

/** Lists that `nationalHolidays` of a city file names. */
export const NATIONAL_HOLIDAYS: Readonly<Record<'indonesia' | 'none', readonly Holiday[]>> = {
  indonesia: [...INDONESIA_2026, ...INDONESIA_2027],
  none: [],
}

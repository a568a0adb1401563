const DAY_SEC = 86_400;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * The value of a Date header (RFC 9110, section 5.6.7), written anew only when the second changes.
 * Works on the injected clock's time; the calendar is computed here because only the clock may read the system's.
 */
export class HttpDate {
  private second = -1;
  private text = '';

  /** @param nowMs Unix time. */
  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.text = format(second);
    }
    return this.text;
  }
}

function format(unixSec: number): string {
  const day = Math.floor(unixSec / DAY_SEC);
  const rest = unixSec - day * DAY_SEC;
  const time = [rest / 3600, (rest % 3600) / 60, rest % 60].map(twoDigits).join(':');
  // 1970-01-01 was a Thursday.
  return `${DAYS[(day + 4) % 7]}, ${civilDate(day)} ${time} GMT`;
}

/** Gregorian date of a day number, with years that start in March so that the leap day is the last. */
function civilDate(unixDay: number): string {
  const day = unixDay + 719_468;
  const era = Math.floor(day / 146_097);
  const dayOfEra = day - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = (marchMonth + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return `${twoDigits(dayOfMonth)} ${MONTHS[month]} ${year}`;
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

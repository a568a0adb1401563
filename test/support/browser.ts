import { type Browser, chromium, type Page } from 'playwright-core';
import { programOrSkip } from './programs.js';

/** A headless Chromium of this machine; null where there is none. */
export const CHROMIUM = programOrSkip('CHROMIUM_BIN', [
  'chromium',
  'chromium-browser',
  'google-chrome',
]);

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
  readonly isPhone: boolean;
}

/** How the page is looked at. */
export const LOOKS = {
  'desktop-light': { width: 1280, height: 1000, colorScheme: 'light', isPhone: false },
  'desktop-dark': { width: 1280, height: 1000, colorScheme: 'dark', isPhone: false },
  'phone-light': { width: 390, height: 844, colorScheme: 'light', isPhone: true },
  'phone-dark': { width: 390, height: 844, colorScheme: 'dark', isPhone: true },
} as const satisfies Readonly<Record<string, Look>>;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ ...(CHROMIUM !== null && { executablePath: CHROMIUM }) });
}

/** A page that was opened, and everything that it complained about: console errors, exceptions, what its policy forbade. */
export interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openPage(browser: Browser, url: string, look: Look): Promise<OpenPage> {
  const { width, height, colorScheme, isPhone } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: isPhone ? 2 : 1,
    hasTouch: isPhone,
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`request failed: ${request.url()}`));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => console.error('forbidden: ' + e.violatedDirective));`,
  );
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

// Telling this device: whether the browser can, whether it may, and whether it is on.
import type { Answer } from '@mainloop/models/contracts/routes';
import { deviceKind } from '@mainloop/models/flow/machine/user-agent';
import { act } from '../live/act.ts';

type State = 'looking' | 'unsupported' | 'insecure' | 'install' | 'denied' | 'off' | 'on';

export class Push {
  state = $state<State>('looking');
  deviceId = $state<string | null>(null);
  problem = $state('');

  async look(): Promise<void> {
    // iPhones offer push only to an app on the home screen
    // (https://webkit.org/blog/13878/web-push-for-web-apps-on-ios-and-ipados/).
    const isApple = /iPhone|iPad/.test(navigator.userAgent);
    if (!isSecureContext) this.state = 'insecure';
    else if (!('serviceWorker' in navigator)) this.state = 'unsupported';
    else if (!('PushManager' in globalThis)) this.state = isApple ? 'install' : 'unsupported';
    else if (Notification.permission === 'denied') this.state = 'denied';
    else {
      const reg = await navigator.serviceWorker.ready;
      const sub = await reg.pushManager.getSubscription();
      this.deviceId = localStorage.getItem('push-device');
      this.state = sub && this.deviceId ? 'on' : 'off';
    }
  }

  async on(): Promise<void> {
    this.problem = '';
    if ((await Notification.requestPermission()) !== 'granted') return void (this.state = 'denied');
    try {
      const { publicKey } = (await (await fetch('/api/push/key')).json()) as Answer<'getPushKey'>;
      const reg = await navigator.serviceWorker.ready;
      const sub = await reg.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
      const { endpoint, keys } = sub.toJSON();
      const result = await act('/api/push/devices', {
        endpoint,
        keys,
        label: deviceKind(navigator.userAgent),
      });
      if (!result.ok) return void (this.problem = result.sentence);
      this.deviceId = String(result.data.id);
      localStorage.setItem('push-device', this.deviceId);
      this.state = 'on';
    } catch {
      // Which of the vendor's errors it was changes nothing for the person.
      this.problem = "The browser's push service did not answer. Try again in a while.";
    }
  }

  async off(): Promise<void> {
    const sub = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
    await sub?.unsubscribe();
    if (this.deviceId) await act(`/api/push/devices/${this.deviceId}`, {}, 'DELETE');
    localStorage.removeItem('push-device');
    this.deviceId = null;
    this.state = 'off';
  }
}

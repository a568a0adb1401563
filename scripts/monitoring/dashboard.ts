import { type Panel, type PanelRow, ROWS } from './panels.js';

/** Grafana's grid is this wide. */
const GRID = 24;
const PLOT = { w: 8, h: 8 } as const;
const STAT = { w: 4, h: 4 } as const;
const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;

/** The text of `docs/monitoring/dashboard.json`, as Grafana 10 and later import it. */
export function dashboardJson(): string {
  const dashboard = {
    uid: 'slipstream',
    title: 'Slipstream',
    tags: ['op-stack', 'op-node', 'slipstream'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: variables() },
    panels: placed(ROWS),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function variables() {
  const instances = 'label_values(op_node_default_up, instance)';
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
    {
      name: 'instance',
      label: 'Node',
      type: 'query',
      datasource: DATASOURCE,
      definition: instances,
      query: { query: instances, refId: 'instance' },
      refresh: 2,
      sort: 1,
      multi: true,
      includeAll: true,
      allValue: '.*',
      current: { text: ['All'], value: ['$__all'] },
    },
  ];
}

/** Every row below the one before, its panels side by side as far as they fit. */
function placed(rows: readonly PanelRow[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    const gridPos = { x: 0, y, w: GRID, h: 1 };
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos,
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of inRow) {
      const { w, h } = panel.type === 'stat' ? STAT : PLOT;
      if (x + w > GRID) {
        x = 0;
        y += height;
      }
      panels.push(panelJson(panel, panels.length + 1, { x, y, w, h }));
      x += w;
      height = h;
    }
    y += height;
  }
  return panels;
}

function panelJson({ title, about, unit, type, queries }: Panel, id: number, gridPos: object) {
  return {
    id,
    type,
    title,
    description: about,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit }, overrides: [] },
    options: type === 'stat' ? STAT_OPTIONS : PLOT_OPTIONS,
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(FIRST_REF + at),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  };
}

/** Grafana names the queries of a panel A, B, C. */
const FIRST_REF = 65;
const STAT_OPTIONS = {
  reduceOptions: { calcs: ['lastNotNull'] },
  colorMode: 'none',
  graphMode: 'none',
  textMode: 'value_and_name',
} as const;
const PLOT_OPTIONS = {
  legend: { displayMode: 'list', placement: 'bottom' },
  tooltip: { mode: 'multi', sort: 'desc' },
} as const;

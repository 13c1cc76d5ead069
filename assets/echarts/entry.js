// The parts of ECharts that the report page uses; bundled into echarts.min.js by `npm ci && npm run build`.
import { use, init } from "echarts/core";
import { LineChart, ScatterChart, HeatmapChart, ParallelChart } from "echarts/charts";
import {
  GridComponent, TooltipComponent, LegendComponent, ParallelComponent, VisualMapComponent,
} from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([
  LineChart, ScatterChart, HeatmapChart, ParallelChart,
  GridComponent, TooltipComponent, LegendComponent, ParallelComponent, VisualMapComponent,
  SVGRenderer,
]);

export { init };

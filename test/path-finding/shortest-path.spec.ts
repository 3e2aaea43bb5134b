import { ShortestPathFinder } from '../../src/path-finding/shortest-path.ts'
import { pathFinderCompliance } from '../compliance/path-finder.ts'

pathFinderCompliance('the shortest path finder', () => new ShortestPathFinder(), 'best')

"""Pictures of figures as SVG, out of plain values: for reports and for pages.

    columns    what happened in each month, stacked
    bars       one line each, stacked
    heat_map   rows × columns of cells, each a colour and a mark

One unit of a drawing is one point in print. Nothing in them is fetched, nothing runs, and
no meaning hangs on colour alone.
"""

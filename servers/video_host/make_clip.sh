#!/bin/sh
# Draws the clip with ffmpeg (Debian 12: 5.1, with libx264 and DejaVu fonts) and keeps it as Base64,
# which, unlike bytes, can be imported as text and so travels into a compiled program.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The angle of a pixel around the middle, clockwise from the top, as a part of one turn.
angle='mod(atan2(X-320,180-Y)/(2*PI)+1,1)'
# How much of a pixel lies on a ring around the middle, with a soft edge of one pixel.
ring='clip(8.5-abs(hypot(X-320,Y-180)-104),0,1)'

ffmpeg -nostdin -loglevel error -y \
  -f lavfi -i 'gradients=size=640x360:rate=24:duration=6:nb_colors=3:c0=0x0e2a40:c1=0x1d5a86:c2=0x0b5a6a:x0=0:y0=0:x1=640:y1=360:seed=7:speed=0.004' \
  -f lavfi -i 'color=c=white:size=640x360:rate=24:duration=6' \
  -filter_complex "
    [1]format=rgba,geq=r=255:g='if(lt($angle,T/6),214,255)':b='if(lt($angle,T/6),150,255)':a='$ring*if(lt($angle,T/6),255,48)'[ring];
    [0][ring]overlay=format=auto,
    drawtext=font='DejaVu Sans':fontcolor=white:fontsize=84:x=(w-tw)/2:y=142:text='%{eif\:t\:d}.%{eif\:mod(t*10\,10)\:d}',
    drawtext=font='DejaVu Sans':fontcolor=white@0.75:fontsize=20:x=(w-tw)/2:y=222:text='seconds',
    drawtext=font='DejaVu Sans':fontcolor=white@0.85:fontsize=20:x=24:y=h-40:text='edge-repro',
    format=yuv420p[out]" \
  -map '[out]' -c:v libx264 -profile:v main -preset veryslow -tune animation -crf 25 \
  -threads 1 -g 24 -bitexact -map_metadata -1 -movflags +faststart "$work/clip.mp4"

base64 --wrap=100 "$work/clip.mp4" > clip.mp4.b64
wc -c "$work/clip.mp4" clip.mp4.b64 >&2

#ifndef MAPPINGS_H
#define MAPPINGS_H

void share_mappings(void);

void note_own_pages(int fd);
void read_notes(int fd);
void own_noted_pages(void);

#endif

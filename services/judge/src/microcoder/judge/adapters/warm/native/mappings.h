#ifndef MAPPINGS_H
#define MAPPINGS_H

void share_mappings(void);

#endif
